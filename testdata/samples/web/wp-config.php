<?php
define( 'DB_NAME', 'shop' );
define( 'DB_USER', 'wordpress' );
define( 'DB_PASSWORD', '⟦generic-password|{pass}⟧' );
define( 'DB_HOST', 'localhost' );
define( 'AUTH_KEY',        '⟦wordpress-salt|{b62:64}⟧' );
define( 'SECURE_AUTH_KEY', 'put your unique phrase here' );
$table_prefix = 'wp_';
